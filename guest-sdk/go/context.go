package cogen

import "cogen/internal/bindings/imports/cogen_engine_context"

// GetContext answers the value that was handed down under a name, or that this coroutine has set. Whoever it spawns or calls
// begins with a copy of what is set at that moment. It fails with [ErrNotFound], and never parks.
func GetContext(name string) ([]byte, error) {
	if err := checkTexts("name", name); err != nil {
		return nil, err
	}
	return value(cogen_engine_context.Get(name))
}

// SetContext sets the value under a name of 1 to 256 bytes, for this coroutine and for those it starts afterwards. A context
// holds at most 64 values, and 64 KiB of names and values in all. It fails with [ErrInvalidArgument] or [ErrLimitReached], and
// never parks.
func SetContext(name string, value []byte) error {
	if err := checkTexts("name", name); err != nil {
		return err
	}
	return errorOf(cogen_engine_context.Set(name, value))
}

// RemoveContext forgets the value under a name; that it was not there is no error.
func RemoveContext(name string) {
	// No name that is no UTF-8 can have been set.
	if checkTexts("name", name) == nil {
		cogen_engine_context.Remove(name)
	}
}

// ContextNames answers the names that are set, in order.
func ContextNames() []string {
	return cogen_engine_context.Names()
}
