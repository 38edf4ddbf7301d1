package redact_test

import (
	"fmt"
	"strings"

	"github.com/clewhq/clew/redact"
)

func ExampleRules() {
	rules := redact.Rules{redact.Keys("password"), redact.Emails()}
	fmt.Println(rules.Text(`{"login":"ann@example.com","Password":"hunter2"}`))
	fmt.Println(rules.Text("https://example.com/?password=hunter2"))
	// Output:
	// {"login":"[email]","Password":"[redacted]"}
	// https://example.com/?password=[redacted]
}

// Common is what most programs want; anything else is a function.
func ExampleCommon() {
	project := redact.Redactor{Text: func(text string) string { return strings.ReplaceAll(text, "Ariadne", "[project]") }}
	rules := append(redact.Common(), project) // Common is Keys, Tokens, Emails and Cards

	fmt.Println(rules.Text("Ariadne is paid with 4242 4242 4242 4242"))
	fmt.Println(rules.Text("Authorization: Bearer sk-0123456789abcdef"))
	fmt.Println(rules.Hides("http.request.header.cookie"))
	fmt.Println(rules.Value("api_key", "of any form") == redact.Mark)
	// Output:
	// [project] is paid with [card]
	// Authorization: Bearer [redacted]
	// true
	// true
}

// Some kinds of secrets, and no others.
func ExampleTokens() {
	rules := redact.Rules{redact.Tokens(), redact.Cards()}
	fmt.Println(rules.Text("ann@example.com sent 4242-4242-4242-4242 with Bearer c2VjcmV0LW9mLWFubg"))
	// Output:
	// ann@example.com sent [card] with Bearer [redacted]
}
