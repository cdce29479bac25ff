// Package bindings is made of the WIT by `cargo xtask go-bindings`, all but this file and the entry.
package bindings

import _ "embed"

// ComponentType is what a module carries to say what it imports and exports as a component.
//
//go:embed component-type
var ComponentType []byte
