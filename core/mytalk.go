package core

import "time"

// MyConversation is where the person stands in a chat.
type MyConversation struct {
	Chat     string    `json:"chat"`
	Language string    `json:"language,omitempty"`
	Plain    bool      `json:"plain"`
	Day      Day       `json:"day"`
	At       time.Time `json:"at,omitzero"`
	Open     []MyFlow  `json:"open"`
	Last     *MyLast   `json:"last,omitempty"`
}

// MyFlow is something that was begun, and what was said in it so far.
type MyFlow struct {
	Flow  string   `json:"flow"`
	Step  string   `json:"step"`
	Typed []MyWord `json:"typed"`
}

// MyWord is one thing that was said in an open flow.
type MyWord struct {
	Name  string `json:"name"`
	Value string `json:"value"`
}

// MyLast is the last answer in words, which can still be corrected.
type MyLast struct {
	Message ReceiptID `json:"message,omitempty"`
	Open    []MyFlow  `json:"open"`
}

// MyCode is a code that was asked for; the code itself is never shown.
type MyCode struct {
	Account  string    `json:"account"`
	Made     time.Time `json:"made"`
	Tries    int       `json:"tries"`
	Sends    int       `json:"sends"`
	LastSend time.Time `json:"last_send"`
	Closed   bool      `json:"closed"`
}

// MyAttempts is a count of attempts.
type MyAttempts struct {
	Kind  TallyKind `json:"kind"`
	Count int       `json:"count"`
	Since time.Time `json:"since"`
}

// MyMessage is a message that waits, or was sent in the last days.
type MyMessage struct {
	Chat     string    `json:"chat"`
	Lane     Lane      `json:"lane"`
	Kind     string    `json:"kind"`
	Text     string    `json:"text,omitempty"`  // while it waits
	About    string    `json:"about,omitempty"` // with the kind reference, while it waits
	File     *MyFile   `json:"file,omitempty"`  // while it waits
	Due      time.Time `json:"due"`
	Next     time.Time `json:"next,omitzero"` // while it waits
	Expires  time.Time `json:"expires,omitzero"`
	Again    Again     `json:"again"`
	State    State     `json:"state"`
	Attempts int       `json:"attempts"`
	Unsure   bool      `json:"unsure"`
	Why      Code      `json:"why,omitempty"` // it was not sent
	Parts    []string  `json:"parts"`         // as the platform names them
}

// MyFile is a file that goes with a message.
type MyFile struct {
	Name    string `json:"name"`
	Type    string `json:"type"`
	Bytes   int    `json:"bytes"`
	Content string `json:"content,omitempty"` // if it is text
}

// MyBroadcast is a copy of a broadcast.
type MyBroadcast struct {
	Chat     string    `json:"chat"`
	Text     string    `json:"text,omitempty"` // once it has left
	Due      time.Time `json:"due,omitzero"`
	State    State     `json:"state"`
	Next     time.Time `json:"next,omitzero"` // while it waits
	Attempts int       `json:"attempts"`
	Unsure   bool      `json:"unsure"`
	Why      Code      `json:"why,omitempty"`
	Parts    []string  `json:"parts"`
	Answer   int       `json:"answer,omitempty"` // to its question: the number of the choice
}

// MyButtons are the buttons of one message.
type MyButtons struct {
	Chat    string     `json:"chat"`
	Day     Day        `json:"day"`
	Buttons []MyButton `json:"buttons"`
}

// MyButton is one of them.
type MyButton struct {
	Label string `json:"label"`
	Does  string `json:"does"`
}

// MyReceipt is a message with buttons, as the platform names it.
type MyReceipt struct {
	Chat string    `json:"chat"`
	Part ReceiptID `json:"part"`
	Day  Day       `json:"day"`
}
