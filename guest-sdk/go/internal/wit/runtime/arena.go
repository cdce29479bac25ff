package wit_runtime

import "unsafe"

// passed is the memory for what the engine passes.
var passed arena

// smallest is the size of an arena's first block: larger than most of what is passed.
const smallest = 64 << 10

// arena hands out memory from a few blocks, and takes it all back at once. Each block is as large as all before it together,
// or larger: 17 of them fill a memory of 4 GiB.
type arena struct {
	isOpen bool
	blocks [17]block
	count  int
	total  uintptr
}

type block struct {
	start, size, used uintptr
}

func (a *arena) empty() {
	for i := range a.blocks[:a.count] {
		a.blocks[i].used = 0
	}
}

//go:nosplit
func (a *arena) allocate(size, align uintptr) uintptr {
	for i := 0; i < a.count; i++ {
		if memory := a.blocks[i].take(size, align); memory != 0 {
			return memory
		}
	}
	length := max(smallest, a.total)
	for length < size {
		length *= 2
	}
	a.blocks[a.count] = block{start: fromSystem(length), size: length}
	a.count++
	a.total += length
	return a.blocks[a.count-1].take(size, align)
}

//go:nosplit
func (b *block) take(size, align uintptr) uintptr {
	offset := (b.used + align - 1) &^ (align - 1)
	if offset > b.size || size > b.size-offset {
		return 0
	}
	b.used = offset + size
	return b.start + offset
}

// realloc is how the engine asks for memory. Outside of an operation it does so for what is to stay: the arguments of the
// entry, and what the adapter of WASI needs for itself, before Go has begun.
//
//go:wasmexport cabi_realloc
//go:nosplit
func realloc(old, oldSize, align, size uintptr) uintptr {
	if old != 0 || oldSize != 0 {
		abort() // Texts are passed in the encoding that they have, so nothing ever grows.
	}
	if passed.isOpen {
		return passed.allocate(size, align)
	}
	return fromSystem(size)
}

//go:nosplit
func fromSystem(size uintptr) uintptr {
	memory := sbrk(size)
	if memory == nil {
		abort() // There is no more: what would be written would go over the start of the memory.
	}
	return uintptr(memory)
}

// sbrk is how Go itself gets memory; the answer begins at a page.
//
//go:linkname sbrk runtime.sbrk
func sbrk(size uintptr) unsafe.Pointer

// abort traps.
//
//go:linkname abort runtime.abort
func abort()
