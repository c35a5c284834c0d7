// Package gazetteer holds the places and areas that the program knows from the start,
// those of France and the cities abroad where many French people live, with the rules of
// French postcodes and the key that names are found by. More places come from files,
// through package intake.
//
// areas.csv follows the Code officiel géographique of INSEE: 18 regions, 101
// départements, and the overseas collectivities, which hang directly below the
// country. places.csv holds each prefecture, the chief towns of the collectivities
// and at least the 150 largest communes. Points are those of the town halls or the
// centres, to about a kilometre; populations are rounded and those of the whole unit
// that the INSEE code names (for Gustavia, all of Saint-Barthélemy). Where the law and
// the building disagree (Val-d'Oise, Mayotte), the seat is where the prefecture stands.
//
// districts.csv holds the arrondissements of Paris, Lyon and Marseille, cities.csv the
// cities abroad under their French, English and other names, with populations of the city
// itself and not of what has grown around it. Names of countries are those of CLDR.
package gazetteer
