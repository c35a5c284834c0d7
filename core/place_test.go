package core_test

import (
	"testing"
	"time"

	"tocsin/core"
)

func TestARadiusIsReadAsPeopleWriteIt(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]struct {
		r    core.Radius
		unit bool
	}{
		"15": {15, false}, "15 km": {15, true}, "15km": {15, true}, " 15\u00a0KM ": {15, true}, "15 km.": {15, true},
		"7,5 km": {8, true}, "7.4km": {7, true}, "1": {1, false}, "100": {100, false}, "0,4 km": {1, true},
		"500 m": {1, true}, "2500 m": {3, true}, "10 miles": {16, true}, "1 mile": {2, true}, "60 mi": {97, true},
		"20 kilomètres": {20, true}, "20 kilometres": {20, true}, "20 kilometers": {20, true},
	} {
		r, unit, ok := core.ParseRadius(text)
		if !ok || r != want.r || unit != want.unit {
			t.Errorf("ParseRadius(%q) = %d, %t, %t, want %d, %t", text, r, unit, ok, want.r, want.unit)
		}
	}
	for _, text := range []string{
		"", "km", "0", "0 km", "-5 km", "101", "100,6 km", "63 miles", "250 km", "beaucoup", "15 lieues", "15 km 2", "1e2",
		"0x10", "15 16", "1.2.3", "٣ km", "9999999 m", "NaN", "15 km autour",
	} {
		if r, _, ok := core.ParseRadius(text); ok {
			t.Errorf("ParseRadius(%q) = %d, want none", text, r)
		}
	}
}

func TestAZoneIsReadInAnyCase(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]string{
		"Europe/Lisbon": "Europe/Lisbon", "europe/lisbon": "Europe/Lisbon", "AMERICA/NEW_YORK": "America/New_York",
		"America/New York": "America/New_York", "america/port_of_spain": "America/Port_of_Spain",
		"America/port-au-prince": "America/Port-au-Prince", "africa/dar_es_salaam": "Africa/Dar_es_Salaam",
		"america/argentina/buenos_aires": "America/Argentina/Buenos_Aires", "Pacific/Tahiti": "Pacific/Tahiti",
	} {
		if got, ok := core.ParseZone(text); !ok || got != want {
			t.Errorf("ParseZone(%q) = %q, %t, want %q", text, got, ok, want)
		}
	}
	for _, text := range []string{
		"", "Local", "UTC", "CET", "Lisbon", "Europe/", "Europe/Atlantis", "Etc/GMT+2", "../../etc/passwd", "Europe/../Europe/Paris",
		"right/Europe/Paris", "posix/Europe/Paris", "/Europe/Paris", "Europe\\Paris", "Europe/Paris\n", "zone.tab",
	} {
		if got, ok := core.ParseZone(text); ok {
			t.Errorf("ParseZone(%q) = %q, want none", text, got)
		}
	}
}

func TestAnOffsetIsNoZone(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]bool{
		"UTC+2": true, "utc +2": true, "GMT-3": true, "+02:00": true, "-0330": true, "UTC": true, "gmt": true, "UTC−5": true,
		"Etc/GMT+2": true, "+2": true, "2h30": true, "Lyon": false, "Europe/Paris": false, "": false, "69001": false, "gmtx": false,
	} {
		if core.IsOffset(text) != want {
			t.Errorf("IsOffset(%q) = %t", text, !want)
		}
	}
}

func FuzzParseZone(f *testing.F) {
	for _, s := range []string{"europe/lisbon", "America/Port_of_Spain", "a/b/c", "UTC+2", "\xff/\xff"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		zone, ok := core.ParseZone(s)
		if !ok {
			return
		}
		if again, ok := core.ParseZone(zone); !ok || again != zone {
			t.Errorf("%q is %q, which is %q", s, zone, again)
		}
		if _, err := time.LoadLocation(zone); err != nil {
			t.Errorf("%q: %v", s, err)
		}
	})
}
