// Package wit_types has the types of WIT that Go has none for.
package wit_types

// Unit is what is answered when there is nothing to answer.
type Unit struct{}

// Tuple2 is two values.
type Tuple2[A, B any] struct {
	F0 A
	F1 B
}

// Option is a value, or none.
type Option[T any] struct {
	value  T
	isSome bool
}

// Some is a value.
func Some[T any](value T) Option[T] {
	return Option[T]{value, true}
}

// None is no value.
func None[T any]() Option[T] {
	return Option[T]{}
}

// Get answers the value, and whether there is one.
func (o Option[T]) Get() (T, bool) {
	return o.value, o.isSome
}

const (
	ResultOk  = 0
	ResultErr = 1
)

// Result is a value or an error.
type Result[T, E any] struct {
	value T
	err   E
	tag   uint8
}

// Ok is a value.
func Ok[T, E any](value T) Result[T, E] {
	return Result[T, E]{value: value, tag: ResultOk}
}

// Err is an error.
func Err[T, E any](err E) Result[T, E] {
	return Result[T, E]{err: err, tag: ResultErr}
}

// Tag answers whether it is ResultOk or ResultErr.
func (r Result[T, E]) Tag() uint8 {
	return r.tag
}

// Ok answers the value.
func (r Result[T, E]) Ok() T {
	return r.value
}

// Err answers the error.
func (r Result[T, E]) Err() E {
	return r.err
}
