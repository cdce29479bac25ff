package cogen

import (
	"fmt"
	"strings"

	"cogen/internal/bindings/imports/cogen_engine_log"
)

// Level is how much a message matters.
type Level uint8

const (
	// LevelTrace is of interest while looking for one particular fault.
	LevelTrace = Level(cogen_engine_log.Level_Trace)
	// LevelDebug is of interest to the author of the program.
	LevelDebug = Level(cogen_engine_log.Level_Debug)
	// LevelInfo is of interest to the operator on a good day.
	LevelInfo = Level(cogen_engine_log.Level_Info)
	// LevelWarn: something is not as it should be.
	LevelWarn = Level(cogen_engine_log.Level_Warn)
	// LevelError: something did not succeed.
	LevelError = Level(cogen_engine_log.Level_Error)
)

// Log tells the operator something. What becomes of it is the host's affair: the cogen command writes it to standard error
// with the program's name in front. A message longer than 64 KiB is cut there, and what is not UTF-8 in it is replaced by U+FFFD.
// It never parks.
func Log(level Level, message string) {
	cogen_engine_log.Log(min(uint8(level), cogen_engine_log.Level_Error), strings.ToValidUTF8(message, "\uFFFD"))
}

// Logf is [Log] with the arguments of fmt.Sprintf.
func Logf(level Level, format string, args ...any) {
	Log(level, fmt.Sprintf(format, args...))
}
