/// Demonstrated windows as a ``Method`` trains on them: features of what was seen, and the chunk of
/// actions that followed.
///
/// A window stands at every recorded step. Numbers are normalised.
public protocol TrainingWindows: AnyObject, Sendable {
  /// The sizes of windows and chunks.
  var shape: PolicyShape { get }

  /// The number of windows.
  var count: Int { get }

  /// All windows' chunks: windows × (Tp · A).
  ///
  /// - Throws: An error where they cannot be read from disk.
  func chunks() throws -> [Float]

  /// The order in which a training is shown the windows.
  ///
  /// - Parameters:
  ///   - batch: The number of windows of a step.
  ///   - seed: The key of the order.
  /// - Returns: The order, ready for the first step.
  /// - Throws: An error where memory for it is missing.
  func order(batch: Int, seed: UInt64) throws -> any TrainingOrder

  /// Writes one window; any number of threads may call this at once; allocates nothing.
  ///
  /// - Parameters:
  ///   - place: Which window, and where it is.
  ///   - observation: Room for To × Do features, oldest step first.
  ///   - action: Room for Tp × A values, the decision's own step first.
  func gather(
    _ place: WindowPlace, observation: UnsafeMutablePointer<Float>,
    action: UnsafeMutablePointer<Float>)

  /// How many of a window's actions were recorded, 1 to Tp; the others repeat the last of them.
  func recordedActions(_ place: WindowPlace) -> Int

  /// Writes one window's images of one space, scaled to [−1, 1]; any number of threads may call
  /// this at once; allocates nothing.
  ///
  /// - Parameters:
  ///   - place: Which window, and where it is.
  ///   - image: Which of ``PolicyShape/images``.
  ///   - shift: By how many pixels the pictures, or their middles, are moved, down and across;
  ///     edges are repeated.
  ///   - pixels: Room for To × height × width × channels values, oldest step first.
  func gather(
    _ place: WindowPlace, image: Int, shift: SIMD2<Int>, into pixels: UnsafeMutablePointer<Float>)
}

/// Which window stands in which row of which training step: a function of data, batch, seed and
/// position, so that a resumed training continues as if it had never stopped.
public protocol TrainingOrder: AnyObject {
  /// The key of the order.
  var seed: UInt64 { get }

  /// Makes the windows of a step ready; neither locks nor allocates.
  ///
  /// Called before each step by one thread, while no other asks for windows.
  ///
  /// - Parameter step: The training step, from 0.
  /// - Throws: An error where windows cannot be read from disk.
  func prepare(step: Int) throws

  /// The window of a row of the step that was made ready; any number of threads may ask at once.
  func window(step: Int, row: Int) -> WindowPlace
}

/// Where a window is in memory: the steps before and after it that it needs stand around it.
public struct WindowPlace {
  /// Which window.
  public let window: Int
  /// The record of the step that it stands at, whatever form its ``TrainingWindows`` give it.
  public let record: UnsafeRawPointer

  /// Creates a place.
  public init(window: Int, record: UnsafeRawPointer) {
    self.window = window
    self.record = record
  }
}
