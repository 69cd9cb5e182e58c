/// What one server takes from its clients before it says no: sizes, counts and patience.
public struct WebLimits: Sendable, Hashable, Codable {
  /// Connections at a time; one more takes the place of the one that has idled longest.
  public var connections = 512
  /// Bytes of a request's first line and header fields; more is answered with 431.
  public var headBytes = 16_384
  /// Header fields of a request; more is answered with 431.
  public var headFields = 64
  /// Bytes of a request's body; more is answered with 413.
  public var bodyBytes = 4_194_304
  /// Bytes of a message over a WebSocket, however many frames it comes in.
  public var messageBytes = 1_048_576
  /// Frames a second that a WebSocket may bring in the long run; twice as many at once.
  public var messagesPerSecond = 500.0
  /// Messages that wait for a WebSocket's handler; one more ends the connection.
  public var incomingMessages = 256
  /// Messages that wait for a WebSocket's reader.
  public var outgoingMessages = 64
  /// Bytes that wait for a WebSocket's reader.
  public var outgoingBytes = 8_388_608
  /// Seconds from a request's first byte to the end of its head.
  public var headSeconds = 10.0
  /// Seconds for a request's body.
  public var bodySeconds = 30.0
  /// Seconds that a client may take before it has read an answer.
  public var writeSeconds = 15.0
  /// Seconds between two requests of a connection.
  public var idleSeconds = 75.0
  /// Seconds that a WebSocket may be silent; a ping is sent every third of it.
  public var silenceSeconds = 60.0
  /// Seconds that answers under way are given when the server stops.
  public var stopSeconds = 10.0

  /// The defaults.
  public init() {}
}
