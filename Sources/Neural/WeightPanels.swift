internal import CKernels

/// How a policy that decides keeps its weights.
public enum WeightPrecision: String, Sendable, Hashable, CaseIterable, Codable {
  /// As they were trained: 32 bits.
  case single
  /// Rounded to 16 bits (11 significant), with sums in 32: half the memory to read for a decision.
  case half
  /// Rounded to integers of 8 bits with a scale for each output, as are the values that they meet,
  /// with a scale for each row: a quarter of the memory, and four products an instruction where a
  /// processor has AVX512_VNNI. Every processor gives the same bytes in these products.
  case int8
}

/// The matrices of a program that decides, packed in the order in which products read them.
final class WeightPanels {
  /// Where a matrix lies among the others.
  struct Place {
    /// Elements of the panels, a padded row for each 32 outputs.
    var offset: Int
    /// Elements from one panel to the next.
    var panelStride: Int
    /// The number of its outputs, and where what each of them has alone begins.
    var columns, columnOffset: Int
    /// Where its corrections begin.
    var correctionOffset: Int
  }

  private let places: UnsafeMutableBufferPointer<Place>
  private let singles: FloatBuffer
  private let halves: UnsafeMutableBufferPointer<UInt16>
  private let integers: UnsafeMutableBufferPointer<Int8>
  private let scales: FloatBuffer
  private let corrections: UnsafeMutableBufferPointer<Int32>
  private let precision: WeightPrecision

  /// Packs matrices of a parameter buffer.
  init(
    _ packings: [ForwardCompiler.Packing], of parameters: Weights, precision: WeightPrecision
  ) {
    var (count, columns, correctionCount) = (0, 0, 0)
    let places = packings.map { packing in
      let (inner, outer) = (packing.inner, packing.outer)
      let size =
        precision == .int8
        ? CKernels_int8_count(inner, outer) : CKernels_panel_count(inner, outer)
      let width = Int(CKernels_panel_width)
      let place = Place(
        offset: count, panelStride: size / max((outer + width - 1) / width, 1), columns: outer,
        columnOffset: columns, correctionOffset: correctionCount)
      count += size
      columns += outer
      correctionCount += CKernels_int8_corrections(inner, outer)
      return place
    }
    let isInt8 = precision == .int8
    self.precision = precision
    self.places = .allocate(capacity: places.count)
    _ = self.places.initialize(fromContentsOf: places)
    let panels = FloatBuffer(count: isInt8 ? 0 : count)
    halves = .allocate(capacity: precision == .half ? count : 0)
    integers = .allocate(capacity: isInt8 ? count : 0)
    scales = FloatBuffer(count: isInt8 ? columns : 0)
    corrections = .allocate(capacity: isInt8 ? correctionCount : 0)
    for (packing, place) in zip(packings, places) {
      let matrix = parameters.pointer + packing.parameters
      if isInt8, let integers = integers.baseAddress, let corrections = corrections.baseAddress {
        CKernels_pack_int8(
          integers + place.offset, scales.pointer + place.columnOffset,
          corrections + place.correctionOffset, matrix, packing.inner, packing.outer)
      } else {
        CKernels_pack_panels(
          panels.pointer + place.offset, matrix, packing.inner, packing.outer)
      }
    }
    if let start = halves.baseAddress, precision == .half {
      CKernels_round_to_half(start, panels.pointer, count)
      singles = FloatBuffer(count: 0)
    } else {
      singles = panels
    }
  }

  deinit {
    places.deallocate()
    halves.deallocate()
    integers.deallocate()
    corrections.deallocate()
  }

  /// The packed matrices, for whoever runs while they are alive.
  struct View {
    fileprivate var places: UnsafePointer<Place>?
    fileprivate var singles: UnsafePointer<Float>?
    fileprivate var halves: UnsafePointer<UInt16>?
    fileprivate var integers: UnsafePointer<Int8>?
    fileprivate var scales: UnsafePointer<Float>?
    fileprivate var corrections: UnsafePointer<Int32>?

    /// Whether the matrices are of 8-bit integers.
    var isInt8: Bool { integers != nil }

    /// A matrix from a column on that begins a panel.
    func matrix(_ index: Int, from column: Int) -> CKernels_right {
      let start = start(index, column)
      return CKernels_right(
        values: halves == nil ? singles.map { $0 + start } : nil,
        halves: halves.map { $0 + start },
        stride: 0, layout: CKernels_panels)
    }

    /// A matrix of integers from a column on that begins a panel.
    func integers(_ index: Int, from column: Int) -> CKernels_int8 {
      guard let place = places?[index], let integers, let scales, let corrections else {
        return CKernels_int8()
      }
      return CKernels_int8(
        panels: integers + start(index, column), scales: scales + place.columnOffset + column,
        corrections: corrections + place.correctionOffset + column, columns: place.columns)
    }

    private func start(_ index: Int, _ column: Int) -> Int {
      guard let place = places?[index] else { return 0 }
      return place.offset + column / Int(CKernels_panel_width) * place.panelStride
    }
  }

  var view: View {
    let isInt8 = precision == .int8
    return View(
      places: UnsafePointer(places.baseAddress), singles: UnsafePointer(singles.pointer),
      halves: precision == .half ? UnsafePointer(halves.baseAddress) : nil,
      integers: isInt8 ? UnsafePointer(integers.baseAddress) : nil,
      scales: UnsafePointer(scales.pointer),
      corrections: isInt8 ? UnsafePointer(corrections.baseAddress) : nil)
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
