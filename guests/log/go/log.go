// Package log tells the operator something.
package log

import "cogen"

// Log tells the operator a text.
func Log(text string) {
	cogen.Log(cogen.LevelInfo, text)
}
