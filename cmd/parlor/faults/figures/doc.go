// Package figures turns the history of a fault run into a row of a table: what
// publishers and subscribers felt of the fault, beside the verdict of the
// checker.
package figures
