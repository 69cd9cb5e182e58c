import Diffusion
import Foundation
public import PolicyRuntime

/// Progressive distillation of a trained denoiser: a row of students, each of half as many steps as
/// its teacher, the last of them with as many as are wanted.
///
/// Each student is trained as any policy is, and is one.
///
/// Source: Salimans and Ho 2022.
public struct Distiller {
  /// One student.
  public struct Stage: Sendable, Hashable {
    /// How many steps it takes.
    public let steps: Int
    /// Its teacher's checkpoint folder.
    public let teacher: String
    /// Its own.
    public let output: String
  }

  /// The students in order.
  public let stages: [Stage]
  /// The first teacher.
  public let teacher: Checkpoint
  private let method: DenoisingDiffusion

  /// Plans the students of a teacher; all but the last lie in `OUTPUT.stages`.
  ///
  /// - Parameters:
  ///   - path: The teacher's checkpoint folder: a denoiser, or a student of twice as many steps, of
  ///     four times as many, ….
  ///   - steps: How many steps the last student takes.
  ///   - output: Its checkpoint folder.
  /// - Throws: ``/PolicyRuntime/ImitationError`` for a teacher that does not denoise or has too
  ///   few steps, and what reading it throws.
  public init(teacher path: String, steps: Int, output: String) throws {
    teacher = try Checkpoint(contentsOf: path)
    let policy = teacher.configuration.policy
    guard let method = policy.method.trained as? DenoisingDiffusion else {
      throw ImitationError.doesNotSample(method: policy.method.name)
    }
    self.method = method
    let most = method.teaching?.steps ?? method.schedule.steps
    guard (1...max(most / 2, 1)).contains(steps) else {
      throw ImitationError.optionOutOfRange(
        name: "the number of a student's steps", value: "\(steps)",
        range: "1…\(max(most / 2, 1)): at most half of the \(most) that its teacher takes")
    }
    var counts = [steps]
    while let largest = counts.last, 4 * largest <= most { counts.append(2 * largest) }
    if let known = method.teaching?.steps, counts.last.map({ 2 * $0 != known }) ?? true {
      throw ImitationError.optionOutOfRange(
        name: "the number of a student's steps", value: "\(steps)",
        range: "a half, a quarter, … of the \(known) that its teacher takes")
    }
    var stages: [Stage] = []
    for count in counts.reversed() {
      stages.append(
        Stage(
          steps: count, teacher: stages.last?.output ?? URL(fileURLWithPath: path).path,
          output: URL(fileURLWithPath: count == steps ? output : "\(output).stages/\(count)").path))
    }
    self.stages = stages
    try configuration(of: stages[0]).validate()
  }

  /// How a student is trained: as the first teacher was, but on its own teacher's answers.
  ///
  /// - Parameter stage: Which student.
  /// - Returns: The configuration; its steps, batch and learning rate may be changed.
  public func configuration(of stage: Stage) -> TrainingConfiguration {
    var result = teacher.configuration
    var student = method
    student.lossWeighting = LossWeighting(.truncatedSNR)
    student.drawing = NoiseStepDrawing()
    (student.teacher, student.studentSteps) = (stage.teacher, stage.steps)
    student.sampler = Teaching(teacher: stage.teacher, steps: stage.steps)
      .sampler(clip: method.sampler.clip)
    result.policy.method = student
    return result
  }
}
