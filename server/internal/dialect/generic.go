package dialect

// generic is what many tools agree on without a convention of their own.
var generic = dialect{
	name: "generic",
	rules: append([]rule{
		from(environment, "deployment.environment.name", "deployment.environment"),
	}, lastResorts(
		from(session, "conversation.id", "thread_id"),
		from(user, "user_id", "enduser.pseudo.id"),
		from(input, "input", "raw_input"),
		from(output, "output"),
	)...),
}
