package gazetteer

import "tocsin/core"

// postPrefixes are the beginnings of postcodes that do not show their département.
var postPrefixes = []struct{ prefix, department string }{
	{"97133", "977"}, // Saint-Barthélemy, once part of Guadeloupe
	{"97150", "978"}, // Saint-Martin, likewise
	{"200", "2A"},
	{"201", "2A"},
	{"202", "2B"},
	{"206", "2B"},
}

// DepartmentOf returns the département or overseas collectivity that a French
// postcode of five digits belongs to. It reports false for text of another form and
// for numbers of no département, such as those of Monaco and of the army.
//
// The answer is that of the post office: a few dozen villages get their post from
// the département next to theirs.
func DepartmentOf(postcode string) (core.AreaID, bool) {
	if len(postcode) != 5 {
		return "", false
	}
	for _, c := range []byte(postcode) {
		if c < '0' || c > '9' {
			return "", false
		}
	}
	for _, p := range postPrefixes {
		if postcode[:len(p.prefix)] == p.prefix {
			return Department(p.department)
		}
	}
	if overseas := postcode[:2]; overseas == "97" || overseas == "98" {
		return Department(postcode[:3])
	}
	return Department(postcode[:2])
}
