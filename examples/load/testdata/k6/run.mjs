// Runs the load test's functions once, at the end of the time for which streams are open, and
// prints its options and what it measured.
import { exec, metrics } from "./stub.mjs";

globalThis.__ENV = process.env;
const test = await import("./script.mjs");
const seconds = test.options.scenarios.streams.stages.slice(0, -1).reduce((sum, s) => sum + parseInt(s.duration), 0);
const data = test.setup();
test.publish(data);
exec.instance.currentTestRunDuration = (seconds - 1) * 1000;
const random = Math.random;
Math.random = () => 0; // the stream ends as early as any does
test.listen(data);
Math.random = random;
exec.vu.iterationInScenario = 1;
test.listen(data); // does nothing
console.log(JSON.stringify({ options: test.options, metrics }));
