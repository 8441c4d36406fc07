// The console speaks to the server's public routes and to nothing else. This
// ties what people do, and what the stream tells, to what the page shows.

import { access } from "./access.js";
import { $ } from "./page.js";
import { join, noteConnections, pollRooms, refreshDetail, refreshRooms, refreshSoon, renderJoined, showNode, showStatus } from "./panels.js";
import { publish } from "./publish.js";
import { addHole, addRow, clearRows } from "./rows.js";
import { objectOf } from "./server.js";
import { stream } from "./stream.js";
import { showAccess, useToken } from "./token.js";

const pollEvery = 5_000; // ms between two looks at rooms

stream.tell = {
  rooms: renderJoined,
  status: showStatus,
  back() {
    refreshDetail();
    refreshRooms();
  },
  event(event) {
    if (event.id) refreshSoon(event.room);
    if (event.kind === "update") noteConnections(event.room, objectOf(event.data)?.connectionCount);
    addRow(event);
  },
  hole: addHole,
};

access.tell = showAccess;

// asAnother asks for everything anew, because another token may show more, or less.
function asAnother() {
  stream.resume();
  refreshDetail();
  refreshRooms();
}

function onSubmit(id, run) {
  $(id).addEventListener("submit", (event) => {
    event.preventDefault();
    run();
  });
}

onSubmit("connect-form", () => join($("room").value.trim()));
onSubmit("publish-form", publish);
onSubmit("token-form", () => {
  if (useToken()) asAnother();
});
$("token-forget").addEventListener("click", () => {
  access.forget();
  asAnother();
});
$("disconnect").addEventListener("click", () => stream.leaveAll());
$("clear").addEventListener("click", () => clearRows(stream.rooms.length > 0));
$("show-quiet").addEventListener("change", (event) => {
  $("events").classList.toggle("quiet-hidden", !event.target.checked);
});
$("show-raw").addEventListener("change", (event) => {
  document.body.classList.toggle("show-raw", event.target.checked);
});
$("publish-body").addEventListener("keydown", (event) => {
  if (event.key === "Enter" && (event.ctrlKey || event.metaKey)) $("publish-form").requestSubmit();
});
$("detail-room").addEventListener("change", refreshDetail);
$("detail-refresh").addEventListener("click", refreshDetail);
$("rooms-refresh").addEventListener("click", refreshRooms);
setInterval(pollRooms, pollEvery);
refreshRooms();
showNode().catch(() => {}); // it is only a caption
