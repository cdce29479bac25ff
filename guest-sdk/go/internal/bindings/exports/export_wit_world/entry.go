// Package export_wit_world is where the bindings look for the functions that the world exports.
package export_wit_world

import witTypes "cogen/internal/wit/types"

// Entry is the function that the guest has named to be run.
var Entry func(args []byte) ([]byte, error)

// Run is the coroutine's life.
func Run(args []byte) witTypes.Result[[]uint8, string] {
	if Entry == nil {
		return witTypes.Err[[]uint8, string]("nothing is to be run: call cogen.Main in an init function")
	}
	value, err := Entry(args)
	if err != nil {
		return witTypes.Err[[]uint8, string](err.Error())
	}
	return witTypes.Ok[[]uint8, string](value)
}
