// Package deploy_test runs the very files of this folder, as far as that is
// possible without the systems that they are for: nginx and HAProxy stand before
// three real nodes, and the settings in the other files start nodes. A test whose
// program is not installed is skipped, and says which package it wants.
package deploy_test
