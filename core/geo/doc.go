// Package geo knows points on the earth, distances between them, and the S2 cells
// that stand for them in the database. It computes and stores nothing.
//
// A Point is exact and lives in memory; of where a person is only the Cell is kept.
// Neither shows its value when it is printed or logged.
//
//	home, ok := geo.ParsePoint("48,8566 ; 2,3522")      // what a person typed
//	cell := geo.CellOf(home)                            // what is kept of it
//	ranges := geo.Cover(cell.Center(), 25, 8)           // WHERE cell BETWEEN From AND To OR …
//	band := geo.BandOf(geo.Distance(cell.Center(), at)) // what is said: 10–25 km
//
// Ranges hold more than the circle that they cover: what the database finds with
// them is measured again with Distance.
package geo
