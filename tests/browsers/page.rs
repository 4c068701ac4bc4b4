/// A page that listens to streams, and writes down what it hears.
///
/// The log of a stream has `[type, data, last event id]` of each event of the stream, and
/// `[type, ready state]` of each event about the connection.
pub(crate) const PAGE: &str = r#"<!doctype html>
<meta charset="utf-8">
<title>Listener</title>
<script>
  // Set on the window, where drivers' scripts find it.
  window.streams = {};
  window.listen = (name, url, types = []) => {
    const source = new EventSource(url);
    const log = [];
    const note = (event) => log.push(event instanceof MessageEvent
      ? [event.type, event.data, event.lastEventId]
      : [event.type, source.readyState]);
    for (const type of ["open", "message", "error", ...types]) source.addEventListener(type, note);
    return streams[name] = { source, log };
  };
  // Reads a stream to its end.
  window.read = (name, url, types) => new Promise((resolve) => {
    const { source, log } = listen(name, url, types);
    source.addEventListener("error", (event) => {
      if (event instanceof MessageEvent) return;
      source.close();
      resolve(log.filter((entry) => entry.length === 3));
    });
  });
  // Reads the text of a response as it comes, and how it ends.
  window.readText = async (url, options, into = window) => {
    [into.text, into.end] = ["", null];
    try {
      const { body } = await fetch(url, options);
      const reader = body.pipeThrough(new TextDecoderStream()).getReader();
      for (let part; !(part = await reader.read()).done;) into.text += part.value;
      into.end = "whole";
    } catch {
      into.end = "broken";
    }
  };
  // What streams have said, without their connections.
  window.said = (name) => streams[name].log.filter((entry) => entry.length === 3);
  // How often a connection was opened, or has ended.
  window.times = (name, type) => streams[name].log.filter((entry) => entry.length === 2 && entry[0] === type).length;
  window.state = (name) => streams[name].source.readyState;
  // Listens as soon as the page is loaded, also after a reload: `/?listen=/sse&type=tick`.
  const query = new URLSearchParams(location.search);
  if (query.has("listen")) listen("a", query.get("listen"), query.getAll("type"));
</script>
"#;
