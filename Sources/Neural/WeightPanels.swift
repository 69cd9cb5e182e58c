internal import CKernels

/// How a policy that decides keeps its weights.
public enum WeightPrecision: String, Sendable, Hashable, CaseIterable, Codable {
  /// As they were trained: 32 bits.
  case single
  /// Rounded to 16 bits (11 significant), with sums in 32: half the memory to read for a decision.
  case half
}

/// The matrices of a program that decides, packed in the order in which products read them.
final class WeightPanels {
  private let singles: FloatBuffer
  private let halves: UnsafeMutableBufferPointer<UInt16>

  /// Elements that a packed matrix takes.
  static func count(inner: Int, outer: Int) -> Int { CKernels_panel_count(inner, outer) }

  /// Packs matrices of a parameter buffer.
  init(
    _ packings: [ForwardCompiler.Packing], count: Int, of parameters: Weights,
    precision: WeightPrecision
  ) {
    let panels = FloatBuffer(count: count)
    for packing in packings {
      CKernels_pack_panels(
        panels.pointer + packing.panels, parameters.pointer + packing.parameters, packing.inner,
        packing.outer)
    }
    halves = .allocate(capacity: precision == .half ? count : 0)
    if let start = halves.baseAddress, precision == .half {
      CKernels_round_to_half(start, panels.pointer, count)
      singles = FloatBuffer(count: 0)
    } else {
      singles = panels
    }
  }

  deinit {
    halves.deallocate()
  }

  /// The packed matrices, for whoever runs while they are alive.
  struct View {
    fileprivate var singles: UnsafePointer<Float>?
    fileprivate var halves: UnsafePointer<UInt16>?

    /// The matrix at an offset.
    func matrix(_ offset: Int) -> CKernels_right {
      CKernels_right(
        values: halves == nil ? singles.map { $0 + offset } : nil,
        halves: halves.map { $0 + offset },
        stride: 0, layout: CKernels_panels)
    }
  }

  var view: View {
    View(
      singles: UnsafePointer(singles.pointer),
      halves: halves.isEmpty ? nil : UnsafePointer(halves.baseAddress))
  }

  /// The columns of a matrix that one of several workers computes: whole panels.
  static func columns(_ columns: Int, of share: (index: Int, of: Int)) -> Range<Int> {
    guard share.of > 1 else { return 0..<columns }
    let width = Int(CKernels_panel_width)
    let panels = (columns + width - 1) / width
    func start(_ index: Int) -> Int { min(panels * index / share.of * width, columns) }
    return start(share.index)..<start(share.index + 1)
  }
}
