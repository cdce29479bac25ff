package cogen

import (
	"fmt"
	"unicode/utf8"
)

// checkTexts refuses texts that the engine could not be told, of which each has its name before it: in the bindings they would
// end the coroutine, where nobody can do anything about it.
func checkTexts(namesAndTexts ...string) error {
	for i := 0; i+1 < len(namesAndTexts); i += 2 {
		if name, text := namesAndTexts[i], namesAndTexts[i+1]; !utf8.ValidString(text) {
			return invalid("the %s %q is no UTF-8", name, text)
		}
	}
	return nil
}

// checkCount refuses a number of bytes that is less than none.
func checkCount(bytes int) error {
	if bytes < 0 {
		return invalid("%d bytes are less than none", bytes)
	}
	return nil
}

func invalid(format string, values ...any) error {
	return &Error{Kind: InvalidArgument, Message: fmt.Sprintf(format, values...)}
}
