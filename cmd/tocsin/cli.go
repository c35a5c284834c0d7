package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"strings"

	"github.com/alecthomas/kong"

	"tocsin/core"
	"tocsin/scheduler"
)

// The exit codes of the program.
const (
	succeeded   = 0
	failed      = 1
	calledWrong = 2
)

// commands is the command line.
type commands struct {
	Chat     chatCommand    `cmd:"" help:"Talk to the bot in this terminal."`
	Serve    serveCommand   `cmd:"" help:"Run the bots."`
	Check    checkCommand   `cmd:"" help:"Say in one line each whether the parts can work, and exit."`
	Migrate  migrateCommand `cmd:"" help:"Make the database, or bring its schema up to date."`
	Sponsors struct {
		Import sponsorsImport `cmd:"" help:"Add a list of sponsors (CSV) to the registry."`
		Count  sponsorsCount  `cmd:"" help:"Count the sponsorships that are not revoked."`
		Revoke sponsorsRevoke `cmd:"" help:"Revoke the sponsorship of the address on standard input."`
	} `cmd:"" help:"The registry of sponsorships."`
	Places struct {
		Import placesImport `cmd:"" help:"Add places from a file of GeoNames (dump or postal)."`
	} `cmd:"" help:"The gazetteer."`
	Actions struct {
		Import actionsImport `cmd:"" help:"Add actions from a CSV file or an iCalendar."`
	} `cmd:"" help:"The actions of the campaign."`
	Role struct {
		Grant  roleGrant  `cmd:"" help:"Make a one-time code with which a person takes up a role."`
		List   roleList   `cmd:"" help:"List who has which role, without names."`
		Revoke roleRevoke `cmd:"" help:"End a role."`
	} `cmd:"" help:"What people may do."`
	Sources sourcesCommand `cmd:"" help:"Say how many signed up from each poster, leaflet or page."`
	Job     struct {
		Run jobRun `cmd:"" help:"Run a job now."`
	} `cmd:"" help:"What the clock starts."`
	Matrix struct {
		Setup matrixSetup `cmd:"" help:"Give the bot on Matrix an identity that vouches for its device."`
	} `cmd:"" help:"The account on Matrix."`
	Version versionCommand `cmd:"" help:"Say which version this is."`
}

// A program is what a command works with.
type program struct {
	env    lookup
	stdin  io.Reader
	stdout io.Writer
	stderr io.Writer
}

// run runs the command that args name, until it has ended or ctx is done, and returns
// the exit code. What a command has to say goes to stdout, all else to stderr.
func run(ctx context.Context, args []string, env lookup, stdin io.Reader, stdout, stderr io.Writer) int {
	helped := false
	parser, err := kong.New(new(commands),
		kong.Name("tocsin"),
		kong.Description("A bot platform for civic campaigns. Settings come from the environment: see .env.example."),
		kong.Writers(stdout, stderr),
		kong.Exit(func(int) { helped = true }),
		kong.ConfigureHelp(kong.HelpOptions{Compact: true}),
		kong.Vars{"roles": roleWords(), "jobs": jobWords()},
	)
	if err != nil {
		return tell(stderr, err)
	}
	called, err := parser.Parse(args)
	if helped {
		return succeeded
	}
	if err != nil {
		return tell(stderr, misuse{withoutAddresses(err, args)})
	}
	called.BindTo(ctx, (*context.Context)(nil))
	return tell(stderr, called.Run(&program{env, stdin, stdout, stderr}))
}

// withoutAddresses returns what is wrong with args without the e-mail addresses among
// them: some are given by mistake.
func withoutAddresses(err error, args []string) error {
	text := err.Error()
	for _, arg := range args {
		if strings.Contains(arg, "@") {
			text = strings.ReplaceAll(text, arg, "[address]")
		}
	}
	return errors.New(text)
}

func roleWords() string {
	var words []string
	for _, r := range core.RoleNames {
		words = append(words, string(r))
	}
	return strings.Join(words, ",")
}

func jobWords() string {
	var words []string
	for _, j := range scheduler.AllJobs(nil) {
		words = append(words, string(j.Name))
	}
	return strings.Join(words, ",")
}

// A misuse says that the command line is wrong.
type misuse struct{ error }

func (m misuse) Unwrap() error { return m.error }

// tell says on stderr what went wrong, if anything did: each error that was joined on a
// line of its own. It returns the exit code.
func tell(stderr io.Writer, err error) int {
	if err == nil {
		return succeeded
	}
	code, hint := failed, ""
	if _, wrong := errors.AsType[misuse](err); wrong {
		code, hint = calledWrong, ": see tocsin --help"
	}
	for _, e := range parts(err) {
		fmt.Fprintf(stderr, "tocsin: %s%s\n", sentence(e), hint)
	}
	return code
}

// parts returns the errors that err joins, or err alone.
func parts(err error) []error {
	joined, ok := err.(interface{ Unwrap() []error })
	if !ok {
		return []error{err}
	}
	var all []error
	for _, e := range joined.Unwrap() {
		all = append(all, parts(e)...)
	}
	return all
}

// sentence returns what an error says on one line, without the code in front of it.
func sentence(err error) string {
	text := plain(err)
	if e, ok := err.(*core.Error); ok && e.Err != nil {
		text = plain(e.Err)
	}
	return strings.Join(strings.Fields(text), " ")
}
