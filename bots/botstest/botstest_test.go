package botstest_test

import (
	"os"
	"os/exec"
	"strings"
	"testing"

	"tocsin/bots/botstest"
)

// A sabotage is one rule that an adapter breaks.
type sabotage string

const (
	swaps             sabotage = "swaps two updates"
	confirmsEarly     sabotage = "confirms what was not handled"
	forgetsOnStop     sabotage = "does not give up what it holds"
	freshIDs          sabotage = "gives each delivery an ID"
	oneID             sabotage = "gives all updates one ID"
	noSender          sabotage = "hides the sender"
	noTime            sabotage = "hides the time"
	oneAtATime        sabotage = "waits for each answer"
	noCommands        sabotage = "knows no commands"
	keepsCase         sabotage = "keeps the case of commands"
	trims             sabotage = "changes what was written"
	roughPoint        sabotage = "moves positions"
	plainCorrection   sabotage = "hides that a text is a correction"
	wrongButton       sabotage = "mistakes buttons"
	leavesEarly       sabotage = "does not wait for answers"
	leavesGoroutine   sabotage = "leaves a goroutine"
	deaf              sabotage = "does not stop"
	staysShutOut      sabotage = "does not say that it is shut out"
	newestFirst       sabotage = "shows messages in reverse"
	interleaves       sabotage = "mixes messages"
	escapesTwice      sabotage = "escapes twice"
	noStyles          sabotage = "shows no styles"
	cutsLongText      sabotage = "cuts long texts"
	shortReceipt      sabotage = "names only the first part"
	noPin             sabotage = "shows no pin"
	noFile            sabotage = "drops the file"
	cutsFile          sabotage = "cuts the file"
	postsEdits        sabotage = "posts edits"
	leavesOldParts    sabotage = "leaves parts of the old text"
	failsOnSame       sabotage = "refuses an edit that changes nothing"
	keepsRedacted     sabotage = "takes nothing back"
	twice             sabotage = "ignores the key"
	liesWhenLate      sabotage = "says that nothing was sent"
	alwaysUnavailable sabotage = "knows one verdict"
	forgetsAfter      sabotage = "forgets how long to wait"
	tellsToken        sabotage = "tells its token"
	tellsText         sabotage = "tells the text"
)

// caught says which property finds a sabotage.
var caught = map[sabotage]string{
	swaps:             "UpdatesOfOneChatComeInOrder",
	confirmsEarly:     "UpdateIsConfirmedOnlyAfterHandle",
	forgetsOnStop:     "UnansweredUpdateOutlivesTheAdapter",
	freshIDs:          "RepeatCarriesTheSameID",
	oneID:             "EveryUpdateHasItsOwnID",
	noSender:          "UpdateSaysWhereWhoAndWhen",
	noTime:            "UpdateSaysWhereWhoAndWhen",
	oneAtATime:        "WaitingChatDelaysNoOther",
	noCommands:        "CommandsAreNamed",
	keepsCase:         "CommandsAreNamed",
	trims:             "TextsComeAsWritten",
	roughPoint:        "PositionComesAsPoint",
	plainCorrection:   "CorrectionIsMarked",
	wrongButton:       "ChoiceByButtonNumberAndLabel",
	leavesEarly:       "RunReturnsOnceAllIsAnswered",
	leavesGoroutine:   "StopsWithContext",
	deaf:              "StopsWithContext",
	staysShutOut:      "RunFailsWhenTheBotIsShutOut",
	newestFirst:       "MessagesAreShownInTheOrderSent",
	interleaves:       "MessagesSentSideBySideAreShownWhole",
	escapesTwice:      "TextIsNotMarkup",
	noStyles:          "StylesAreShown",
	cutsLongText:      "LongTextIsNotLost",
	shortReceipt:      "LongTextIsNotLost",
	noPin:             "PinIsShown",
	noFile:            "FileArrivesWithItsBytes",
	cutsFile:          "FileArrivesWithItsBytes",
	postsEdits:        "EditReplacesWhatIsShown",
	leavesOldParts:    "EditOfALongTextLeavesNothingOld",
	failsOnSame:       "EditToTheSameIsNoFailure",
	keepsRedacted:     "RedactTakesBack",
	twice:             "SendsOnceUnderOneKey",
	liesWhenLate:      "SendUnderAnEndedContextSaysWhatIsCertain",
	alwaysUnavailable: "EveryVerdict",
	forgetsAfter:      "EveryVerdict",
	tellsToken:        "NoSecretInAnError",
	tellsText:         "NoSecretInAnError",
}

// broken is the variable that names the sabotage of TestContractHolds.
const broken = "BOTSTEST_BROKEN"

func TestContractHolds(t *testing.T) {
	botstest.Run(t, func(t *testing.T) botstest.World { return open(t, sabotage(os.Getenv(broken))) })
}

func TestEveryBrokenRuleIsFound(t *testing.T) {
	t.Parallel()
	for rule, property := range caught {
		t.Run(string(rule), func(t *testing.T) {
			t.Parallel()
			run := exec.Command(os.Args[0], "-test.run=^TestContractHolds$/^"+property+"$", "-test.timeout=1m")
			run.Env = append(os.Environ(), broken+"="+string(rule))
			out, err := run.CombinedOutput()
			if err == nil || !strings.Contains(string(out), "--- FAIL: TestContractHolds/"+property) {
				t.Errorf("%s holds for an adapter that %s: %v\n%s", property, rule, err, out)
			}
		})
	}
}
