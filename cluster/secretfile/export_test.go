package secretfile

// ExposedRule is the rule without the file and the process that it is about.
var ExposedRule = exposed
