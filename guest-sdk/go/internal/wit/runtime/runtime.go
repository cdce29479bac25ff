// Package wit_runtime is what the bindings need of a runtime: handles, and the memory through which they and the engine
// pass each other lists and texts.
//
// What the engine passes in it allocates by calling back, in the middle of an import, where the component must not call out:
// no goroutine may get its turn there, and so the garbage collector must not run. The memory therefore does not come from the
// collector's heap but from an arena, which is emptied when the operation is over; what was passed has been copied by then.
package wit_runtime

import (
	"runtime"
	"sync"
	"unsafe"
)

// operation is held by the goroutine whose operation uses the arena. The whole guest parks in an operation, but another
// goroutine may get its turn between the answer of the engine and its copy.
var operation sync.Mutex

// pinned is what the operation passes to the engine.
var pinned runtime.Pinner

// Enter begins an operation: until Leave, memory that the engine asks for comes from the arena.
func Enter() *runtime.Pinner {
	operation.Lock()
	passed.isOpen = true
	return &pinned
}

// Leave ends an operation, and empties the arena.
func Leave() {
	pinned.Unpin()
	passed.empty()
	passed.isOpen = false
	operation.Unlock()
}

// Allocate answers memory of the heap that stays where it is until the pinner lets it go.
func Allocate(pinner *runtime.Pinner, size, align uintptr) unsafe.Pointer {
	if size == 0 {
		return nil
	}
	// Nothing in WIT is aligned to more than eight bytes.
	memory := unsafe.Pointer(unsafe.SliceData(make([]uint64, (size+7)/8)))
	pinner.Pin(memory)
	return memory
}

// Slice answers a copy of a list that the engine has passed.
func Slice[T any](first *T, length uint32) []T {
	return append([]T(nil), unsafe.Slice(first, length)...)
}

// String answers a copy of a text that the engine has passed.
func String(first *uint8, length uint32) string {
	return string(unsafe.Slice(first, length))
}

// Unpin is called when the entry has taken its arguments. They are kept: they are not in the arena.
func Unpin() {}
