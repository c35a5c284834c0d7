package gazetteer

import (
	"testing"

	"tocsin/core"
)

func TestDepartmentOfAPostcode(t *testing.T) {
	t.Parallel()
	for postcode, want := range map[string]core.AreaID{
		"01000": "FR/84/01", "69001": "FR/84/69", "75116": "FR/11/75", "95800": "FR/11/95",
		"90000": "FR/27/90", "19100": "FR/75/19", "21000": "FR/27/21",
		"20000": "FR/94/2A", "20090": "FR/94/2A", "20167": "FR/94/2A", "20200": "FR/94/2B", "20600": "FR/94/2B",
		"20300": "", "20400": "", "20500": "",
		"97100": "FR/01/971", "97133": "FR/977", "97150": "FR/978", "97139": "FR/01/971",
		"97200": "FR/02/972", "97300": "FR/03/973", "97400": "FR/04/974", "97500": "FR/975",
		"97600": "FR/06/976", "97000": "", "97900": "",
		"98000": "", "98413": "FR/984", "98600": "FR/986", "98714": "FR/987", "98800": "FR/988", "98900": "",
		"00100": "", "96000": "", "99999": "",
		"": "", "69": "", "6900": "", "690011": "", "69 01": "", "2A000": "", "６９００１": "", "-6900": "",
	} {
		if got, ok := DepartmentOf(postcode); got != want || ok != (want != "") {
			t.Errorf("DepartmentOf(%q) = %q, %v, want %q", postcode, got, ok, want)
		}
	}
}

func TestDepartmentKnowsINSEECodesAlone(t *testing.T) {
	t.Parallel()
	for code, want := range map[string]core.AreaID{
		"69": "FR/84/69", "2A": "FR/94/2A", "01": "FR/84/01", "974": "FR/04/974", "988": "FR/988",
		"20": "", "2a": "", "1": "", "84/69": "", "FR": "", "": "", "96": "",
	} {
		if got, ok := Department(code); got != want || ok != (want != "") {
			t.Errorf("Department(%q) = %q, %v, want %q", code, got, ok, want)
		}
	}
}
