package storage

import (
	"encoding/binary"
	"errors"
	"strconv"
	"time"

	"tocsin/core"
)

// toldCell is where the actions that a person was told of are sealed.
func toldCell(id core.SupporterID) cell {
	return cell{Table: "digests", Column: "told", Row: strconv.FormatInt(int64(id), 10)}
}

// sealTold returns what a person was told, sealed, and when the last of it begins: three
// numbers for each action. Of nothing it returns nil.
func (t *tx) sealTold(id core.SupporterID, told []core.Told) ([]byte, micros, error) {
	if len(told) == 0 {
		return nil, 0, nil
	}
	plain := make([]byte, 0, 12*len(told))
	var until micros
	for _, one := range told {
		plain = binary.AppendUvarint(plain, uint64(one.Action))
		plain = binary.AppendUvarint(plain, uint64(one.Sequence))
		plain = binary.AppendVarint(plain, one.StartsAt.Unix())
		until = max(until, microsOf(one.StartsAt))
	}
	sealed, err := t.keys.seal(toldCell(id), plain)
	return sealed, until, err
}

// openTold undoes sealTold.
func (t *tx) openTold(id core.SupporterID, sealed []byte) ([]core.Told, error) {
	if sealed == nil {
		return nil, nil
	}
	plain, err := t.keys.open(toldCell(id), sealed)
	if err != nil {
		return nil, err
	}
	var out []core.Told
	for len(plain) > 0 {
		action, n := binary.Uvarint(plain)
		sequence, m := binary.Uvarint(plain[max(n, 0):])
		starts, k := binary.Varint(plain[max(n, 0)+max(m, 0):])
		if n <= 0 || m <= 0 || k <= 0 {
			return nil, core.Wrap(core.Internal, errors.New("it is not of the expected form"), "storage: open sealed digests")
		}
		plain = plain[n+m+k:]
		out = append(out, core.Told{Action: core.ActionID(action), Sequence: int(sequence), StartsAt: time.Unix(starts, 0).UTC()})
	}
	return out, nil
}
