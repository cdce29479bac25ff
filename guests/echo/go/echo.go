// Package echo sends back what it is sent.
package echo

import (
	"io"

	"cogen"
)

// mostOfLine is how long a line may be, in bytes.
const mostOfLine = 8192

// Echo sends back each line of the connection that it was given.
func Echo() error {
	connection, err := cogen.Take[*cogen.Connection]()
	if err != nil {
		return err
	}
	defer connection.Close()
	for {
		// The last line may come with the end.
		line, err := connection.ReadLine(mostOfLine)
		if err != nil && err != io.EOF {
			return err
		}
		if err := connection.WriteAll(line); err != nil {
			return err
		}
		if err == io.EOF {
			return nil
		}
	}
}
