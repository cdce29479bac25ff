package cogen

import (
	"runtime/debug"

	entry "cogen/internal/bindings/exports/export_wit_world"
	// The exports of the component.
	_ "cogen/internal/bindings/exports/wit_exports"
)

// Main names the function that is the coroutine's life. It is to be called in an init function: main itself is never run.
//
// The function is given what the one that started the coroutine gave, as bytes (for those of a command line see [SplitArgs]),
// and its value goes to the caller and to whoever joins the coroutine. With an error the coroutine ends as failed, and the
// error's text is the message that they are told.
//
// A panic that nobody recovers traps: Go's own traceback goes to standard error, and the coroutine ends as trapped.
// Goroutines that are left when the function returns end with it.
func Main(run func(args []byte) ([]byte, error)) {
	// A panic ends a program with an exit code otherwise, as if it had failed on purpose.
	debug.SetTraceback("crash")
	entry.Entry = run
}
