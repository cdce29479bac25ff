// Package payload passes values as JSON.
package payload

import (
	"fmt"
	"strings"

	"cogen"
)

type person struct {
	Name   string   `json:"name"`
	Age    int      `json:"age"`
	Tags   []string `json:"tags"`
	Nested nested   `json:"nested"`
}

type nested struct {
	Pi   float64 `json:"pi"`
	None *string `json:"none"`
	Yes  bool    `json:"yes"`
}

// Payload gives a value to a program, and answers what that has read.
func Payload(program string) ([]byte, error) {
	ada := person{Name: "Ada", Age: 36, Tags: []string{"x", "y"}, Nested: nested{Pi: 3.25, Yes: true}}
	json, err := cogen.ToJSON(ada)
	if err != nil {
		return nil, err
	}
	args, err := cogen.JoinArgs("payload-read", string(json))
	if err != nil {
		return nil, err
	}
	return cogen.Call(program, args)
}

// Read answers what it has read, in words.
func Read(json string) (string, error) {
	who, err := cogen.FromJSON[person]([]byte(json))
	if err != nil {
		return "", err
	}
	none, yes := "none", "no"
	if who.Nested.None != nil {
		none = *who.Nested.None
	}
	if who.Nested.Yes {
		yes = "yes"
	}
	tags := strings.Join(who.Tags, ",")
	return fmt.Sprintf("%s %d %s %v %s %s", who.Name, who.Age, tags, who.Nested.Pi, none, yes), nil
}
