// Package locale holds every sentence that a person reads: one catalogue file per
// language, and the printers that fill its sentences in.
//
// A sentence is found by its Key and filled with Args. It comes back as spans, not
// as markup, so that an adapter escapes what its platform needs and nothing that a
// person wrote can format or break a message:
//
//	p := catalogues.Printer(catalogues.Match("fr-CH", "en"))
//	spans := p.Spans("near.found", locale.Args{"N": locale.Count(3), "Town": locale.User(town)})
//
// A catalogue is catalogue/<BCP 47 tag>.toml; its first lines say how to write an
// entry. Month names, time formats, separators and command aliases are entries like
// the others, so a new language is one new file. The tests compare all catalogues:
// keys, plural forms, placeholders, markup and typography.
package locale
