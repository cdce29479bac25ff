package cogen

import (
	"encoding/json"
	"strings"
)

// SplitArgs answers the arguments of a command line, as `cogen run program.wasm -- a b` passes them: joined by NUL bytes, with
// one more behind the last if that is empty. Without any bytes there are no arguments. What is not UTF-8 in them is replaced by
// U+FFFD.
func SplitArgs(args []byte) []string {
	if len(args) == 0 {
		return nil
	}
	text := strings.ToValidUTF8(string(args), "\uFFFD")
	return strings.Split(strings.TrimSuffix(text, "\x00"), "\x00")
}

// JoinArgs answers the bytes of which [SplitArgs] makes these arguments again. It fails with [ErrInvalidArgument] when there is a
// NUL in one of them.
func JoinArgs(args ...string) ([]byte, error) {
	for _, arg := range args {
		if strings.Contains(arg, "\x00") {
			return nil, &Error{Kind: InvalidArgument, Message: "there is a NUL in an argument"}
		}
	}
	joined := strings.Join(args, "\x00")
	if len(args) > 0 && args[len(args)-1] == "" {
		joined += "\x00"
	}
	return []byte(joined), nil
}

// ToJSON answers a value as JSON: arguments for [Spawn] and [Call], or the value of a coroutine. It fails with
// [ErrInvalidArgument] when JSON has no way to write the value.
func ToJSON(value any) ([]byte, error) {
	bytes, err := json.Marshal(value)
	if err != nil {
		return nil, &Error{Kind: InvalidArgument, Message: "the value cannot be written as JSON: " + err.Error()}
	}
	return bytes, nil
}

// FromJSON reads a value that [ToJSON], or somebody else, has written. It fails with [ErrInvalidArgument] when the bytes are not
// the JSON of a T.
func FromJSON[T any](bytes []byte) (T, error) {
	var value T
	if err := json.Unmarshal(bytes, &value); err != nil {
		var none T
		return none, &Error{Kind: InvalidArgument, Message: "not the JSON that was expected: " + err.Error()}
	}
	return value, nil
}
