// Totals keeps the points of all players for as long as it lives.
//
// Who has a move, or only wants to know, signals "totals" with a [news] in JSON, for one recipient: nothing is lost while this
// one is busy. The answer is the signal "totals NUMBER" with a [standing] in JSON. Whoever asks waits for it before asking, so
// that the answer waits for nobody, and those who are slow or gone hold up no others.
package main

import (
	"cmp"
	"fmt"
	"slices"

	"cogen"
)

const (
	// mostPlayers bounds the memory that strangers can fill.
	mostPlayers = 1000
	// mostLeaders is how many are told.
	mostLeaders = 5
)

// news is a move of a player, or a mere question, which has no player.
type news struct {
	From   uint64 `json:"from"`
	Player string `json:"player"`
	Points uint64 `json:"points"`
}

// standing is who leads, and how many play; or why a move was not taken.
type standing struct {
	Leaders []leader `json:"leaders"`
	Players int      `json:"players"`
	Refused string   `json:"refused,omitempty"`
}

type leader struct {
	Player string `json:"player"`
	Points uint64 `json:"points"`
}

// totals has the points of each player.
type totals map[string]uint64

func init() { cogen.Main(run) }

func main() {}

func run([]byte) ([]byte, error) {
	all := totals{}
	for {
		bytes, err := cogen.WaitForSignal("totals")
		if err != nil {
			return nil, err
		}
		if err := all.hear(bytes); err != nil {
			return nil, err
		}
	}
}

// hear takes one piece of news and answers it.
func (t totals) hear(bytes []byte) error {
	heard, err := cogen.FromJSON[news](bytes)
	if err != nil {
		// What one sends by mistake must not cost the others their points.
		cogen.Log(cogen.LevelWarn, err.Error())
		return nil
	}
	answer, err := cogen.ToJSON(t.take(heard))
	if err != nil {
		return err
	}
	_, err = cogen.Signal(fmt.Sprintf("totals %d", heard.From), answer, 0)
	return err
}

// take adds a move up and answers who leads after it.
func (t totals) take(heard news) standing {
	if heard.Player != "" {
		if _, known := t[heard.Player]; !known && len(t) == mostPlayers {
			return standing{Refused: fmt.Sprintf("There are %d players already, and no room for another one.", mostPlayers)}
		}
		t[heard.Player] += heard.Points
	}
	return standing{Leaders: t.leaders(), Players: len(t)}
}

// leaders answers those with the most points; of those who have the same, the first by name.
func (t totals) leaders() []leader {
	all := make([]leader, 0, len(t))
	for player, points := range t {
		all = append(all, leader{player, points})
	}
	slices.SortFunc(all, func(a, b leader) int {
		return cmp.Or(cmp.Compare(b.Points, a.Points), cmp.Compare(a.Player, b.Player))
	})
	return all[:min(len(all), mostLeaders)]
}
