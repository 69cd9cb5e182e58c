/// What fills a training program's inputs, block by block, inside the parallel step.
public protocol BatchSource: AnyObject {
  /// Writes rows of every input of the program for one training step.
  ///
  /// Called at the same time from several threads for different rows; must not allocate or lock.
  /// What a row holds may depend on the step and the row only.
  func fill(_ rows: Range<Int>, step: Int)
}
