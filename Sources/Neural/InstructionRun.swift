/// Instructions that follow each other, and how many rows go through all of them at a time.
///
/// The values of an image fill the second-level cache row by row. Where one row's do, few rows pass
/// through a whole run before the next ones begin, so that each instruction finds there what the
/// one before has written. Rows do not depend on each other: the result has the same bytes.
struct InstructionRun {
  var instructions: [Instruction]
  /// nil for all.
  var rowsAtOnce: Int?

  /// Elements of a row from which on a row counts as wide.
  private static let wide = 4096
  /// Rows of a product, of one sample, that are worth packing its right operand for.
  private static let manyRows = 64
  /// Elements that an instruction should read and write at a time, at most.
  private static let reach = 65_536

  /// Cuts a program into runs of instructions with wide rows and runs of others.
  static func runs(of instructions: [Instruction]) -> [InstructionRun] {
    var runs: [InstructionRun] = []
    var widest = 0
    for instruction in instructions {
      let width = instruction.rowWidth
      let isWide = width >= wide
      if let last = runs.last, (last.rowsAtOnce != nil) == isWide {
        runs[runs.count - 1].instructions.append(instruction)
        widest = max(widest, width)
      } else {
        runs.append(InstructionRun(instructions: [instruction], rowsAtOnce: isWide ? 1 : nil))
        widest = width
      }
      if isWide { runs[runs.count - 1].rowsAtOnce = max(1, reach / widest) }
    }
    return runs
  }

  fileprivate static func isLong(_ rows: Int) -> Bool { rows >= manyRows }
}

extension Instruction {
  /// The elements of a row, of the largest that it reads or writes; 0 where all rows are better
  /// taken together.
  fileprivate var rowWidth: Int {
    switch self {
    case .matmul(let y, _, let x, _, let rows, _, _),
      .matmulBackward(let x, let y, _, let rows, _, _, _):
      InstructionRun.isLong(rows) ? max(x.stride, y.stride) : 0
    case .spatial(_, let y, _, let x): max(x.stride, y.stride)
    case .spatialBackward(_, let dx, let dy, _, _, _, _): max(dx.stride, dy.stride)
    case .activation(let y, _, _, _, _, _), .sum(let y, _, _, _, _), .scale(let y, _, _, _),
      .multiply(let y, _, _, _), .shift(let y, _, _, _):
      y.stride
    default: 0
    }
  }
}

extension Execution {
  func run(_ runs: [InstructionRun]) {
    for run in runs {
      var part = self
      let step = run.rowsAtOnce ?? rows
      var row = 0
      while row < rows {
        part.firstRow = firstRow + row
        part.rows = min(step, rows - row)
        part.run(run.instructions)
        row += step
      }
    }
  }
}
