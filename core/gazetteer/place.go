package gazetteer

import (
	_ "embed" // the data files
	"encoding/csv"
	"errors"
	"io"
	"strconv"
	"strings"

	"tocsin/core"
	"tocsin/core/geo"
)

// placesFile has the columns INSEE code, name, INSEE code of the département, "seat"
// for a prefecture, latitude, longitude, population and postcodes between spaces.
//
//go:embed places.csv
var placesFile string

// errRow says that a row of placesFile breaks the file's form.
var errRow = errors.New("malformed row")

// Places returns the places of the embedded gazetteer without ids: one seat for each
// area that Areas calls a département, save the uninhabited southern lands, and the
// largest communes. It fails with Internal if the embedded file is broken.
func Places() ([]core.Place, error) {
	rows := csv.NewReader(strings.NewReader(placesFile))
	rows.FieldsPerRecord = 8
	if _, err := rows.Read(); err != nil {
		return nil, core.Wrap(core.Internal, err, "gazetteer: read places")
	}
	var places []core.Place
	for {
		row, err := rows.Read()
		if errors.Is(err, io.EOF) {
			return places, nil
		}
		var p core.Place
		if err == nil {
			p, err = placeOf(row)
		}
		if err != nil {
			return nil, core.Wrap(core.Internal, err, "gazetteer: read places")
		}
		places = append(places, p)
	}
}

// placeOf reads one row of placesFile. It fails with errRow.
func placeOf(row []string) (core.Place, error) {
	area, known := Department(row[2])
	zone, _ := ZoneOf(area)
	lat, badLat := strconv.ParseFloat(row[4], 64)
	lon, badLon := strconv.ParseFloat(row[5], 64)
	point, badPoint := geo.NewPoint(lat, lon)
	population, badPopulation := strconv.Atoi(row[6])
	if !known || errors.Join(badLat, badLon, badPoint, badPopulation) != nil {
		return core.Place{}, errRow
	}
	return core.Place{
		Source:     "insee:" + row[0],
		Name:       row[1],
		Country:    "FR",
		Area:       area,
		Postcodes:  strings.Fields(row[7]),
		Point:      point,
		Population: population,
		Zone:       zone,
		Seat:       row[3] == "seat",
	}, nil
}
