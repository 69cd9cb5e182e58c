/// What one server takes from its clients before it says no: sizes, counts and patience.
package struct WebLimits: Sendable, Hashable, Codable {
  /// Connections at a time; one more takes the place of one that keeps us waiting.
  ///
  /// Half of them may be WebSockets; one more of these takes the place of one that says nothing.
  package var connections = 512
  /// Bytes of a request's first line and header fields; more is answered with 431.
  package var headBytes = 16_384
  /// Header fields of a request; more is answered with 431.
  package var headFields = 64
  /// Bytes of a request's body; more is answered with 413.
  package var bodyBytes = 4_194_304
  /// Bytes of all bodies under way; with more, those that have been waited for longest are ended.
  package var allBodyBytes = 67_108_864
  /// Bytes that are read on after a refusal, so that the client hears of it.
  package var lingerBytes = 4_194_304
  /// Bytes of a message over a WebSocket, however many frames it comes in.
  package var messageBytes = 1_048_576
  /// Frames a second that a WebSocket may bring in the long run; twice as many at once.
  package var messagesPerSecond = 500.0
  /// Messages that wait for a WebSocket's handler; no more are read before it has taken some.
  package var incomingMessages = 256
  /// Bytes of messages that wait for a WebSocket's handler; no more are read meanwhile.
  package var incomingBytes = 1_048_576
  /// Messages that wait for a WebSocket's reader.
  package var outgoingMessages = 64
  /// Bytes that wait for a WebSocket's reader.
  package var outgoingBytes = 8_388_608
  /// Seconds from a request's first byte to the end of its head.
  package var headSeconds = 10.0
  /// Seconds for a request's body.
  package var bodySeconds = 30.0
  /// Seconds that a client may take before it has read an answer.
  package var writeSeconds = 15.0
  /// Seconds between two requests of a connection.
  package var idleSeconds = 75.0
  /// Seconds that a WebSocket may be silent; a ping is sent every third of it.
  package var silenceSeconds = 60.0
  /// Seconds that a WebSocket may say nothing before its place can be taken by another.
  package var quietSeconds = 5.0
  /// Seconds that answers under way are given when the server stops.
  package var stopSeconds = 10.0

  /// The defaults.
  package init() {}
}
