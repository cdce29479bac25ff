// Command cogen-build builds a guest: it runs go build for WebAssembly, and adds to the module what says of which world it is.
//
//	go run cogen/cmd/cogen-build -o hello.wasm .
//
// What it is given is what go build is given; own -ldflags need -checklinkname=0 among them. The engine runs the module as it is; `cogen build hello.wasm` makes a component
// of it for others.
package main

import (
	"encoding/binary"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"slices"

	"cogen/internal/bindings"
)

// section is the name of the custom section, by which those who make a component of a module find it.
const section = "component-type:cogen"

func main() {
	if err := build(os.Args[1:]); err != nil {
		fmt.Fprintln(os.Stderr, "cogen-build:", err)
		os.Exit(1)
	}
}

func build(args []string) error {
	file, err := output(args)
	if err != nil {
		return err
	}
	if err := compile(args); err != nil {
		return err
	}
	if err := appendTo(file, custom(section, bindings.ComponentType)); err != nil {
		return errors.Join(err, os.Remove(file))
	}
	return nil
}

// output finds the file that go build is to write.
func output(args []string) (string, error) {
	at := slices.Index(args, "-o")
	if at < 0 || at+1 == len(args) {
		return "", errors.New("usage: cogen-build -o FILE.wasm [flags of go build] PACKAGE")
	}
	return filepath.Clean(args[at+1]), nil
}

func compile(args []string) error {
	// The SDK asks Go's runtime for memory, by a name that the linker does not let others have otherwise.
	flags := []string{"build", "-buildmode=c-shared", "-ldflags=-checklinkname=0"}
	command := exec.Command("go", append(flags, args...)...)
	command.Env = append(os.Environ(), "GOOS=wasip1", "GOARCH=wasm")
	command.Stdout, command.Stderr = os.Stdout, os.Stderr
	if err := command.Run(); err != nil {
		return fmt.Errorf("go build: %w", err)
	}
	return nil
}

// custom is a custom section of WebAssembly: its number, its length, and then its name and contents.
func custom(name string, contents []byte) []byte {
	body := binary.AppendUvarint(nil, uint64(len(name)))
	body = append(append(body, name...), contents...)
	return append(binary.AppendUvarint([]byte{0}, uint64(len(body))), body...)
}

func appendTo(name string, bytes []byte) error {
	file, err := os.OpenFile(name, os.O_APPEND|os.O_WRONLY, 0)
	if err != nil {
		return err
	}
	_, err = file.Write(bytes)
	return errors.Join(err, file.Close())
}
