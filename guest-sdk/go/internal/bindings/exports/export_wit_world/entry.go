// Package export_wit_world is where the bindings look for the functions that the world exports.
package export_wit_world

import (
	"strings"

	witTypes "cogen/internal/wit/types"
)

// Entry is the function that the guest has named to be run.
var Entry func(args []byte) ([]byte, error)

// Run is the coroutine's life.
func Run(args []byte) witTypes.Result[[]uint8, string] {
	if Entry == nil {
		return witTypes.Err[[]uint8, string]("nothing is to be run: call cogen.Main in an init function")
	}
	value, err := Entry(args)
	if err != nil {
		// What came from elsewhere may be in it, and the engine takes UTF-8 only.
		return witTypes.Err[[]uint8, string](strings.ToValidUTF8(err.Error(), "\uFFFD"))
	}
	return witTypes.Ok[[]uint8, string](value)
}
