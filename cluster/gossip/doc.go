// Package gossip says who seems to be here. It wraps memberlist: every node
// probes the others, hears of newcomers, and spreads a few hundred bytes about
// itself.
//
// Gossip only detects; it decides nothing. Two nodes may disagree for a while
// about who is alive, a node that was paused may be reported dead and come
// back, and a split heals by itself once the seeds can be reached again. Who
// belongs to the cluster is agreed elsewhere.
package gossip
