package wit_runtime

// Handle is the number by which the engine knows a resource, or zero when the resource is gone.
type Handle struct {
	value int32
}

// MakeHandle answers the handle of a resource that the engine has passed.
func MakeHandle(value int32) *Handle {
	return &Handle{value}
}

// Use answers the number for as long as the resource is there.
func (h *Handle) Use() int32 {
	if h.value == 0 {
		panic("cogen: it has been closed or given away")
	}
	return h.value
}

// Take answers the number, and gives the resource away.
func (h *Handle) Take() int32 {
	value := h.Use()
	h.value = 0
	return value
}

// TakeOrNil is as Take, with zero if the resource is gone.
func (h *Handle) TakeOrNil() int32 {
	value := h.value
	h.value = 0
	return value
}

// Set is for a resource that comes back.
func (h *Handle) Set(value int32) {
	h.value = value
}
