// Package fetch asks a server for a page.
package fetch

import (
	"fmt"
	"io"
	"os"
	"strconv"

	"cogen"
)

// Fetch prints what a server answers, and answers how many bytes that were.
func Fetch(address, path string) (string, error) {
	connection, err := cogen.ConnectTCP(address)
	if err != nil {
		return "", err
	}
	defer connection.Close()
	if _, err := fmt.Fprintf(connection, "GET %s HTTP/1.0\r\n\r\n", path); err != nil {
		return "", err
	}
	length, err := io.Copy(os.Stdout, connection)
	return strconv.FormatInt(length, 10), err
}
