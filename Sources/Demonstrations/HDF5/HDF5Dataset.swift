import CHDF5

/// A dataset of an open file; lives inside the library's lock.
struct HDF5Dataset: ~Copyable, HDF5Object {
  /// What the elements are.
  enum Kind: Sendable, Equatable {
    /// Floating-point numbers of any size.
    case floatingPoint
    /// Bytes without sign.
    case byte
    /// Other integers.
    case integer
    /// h5py's truth values, or another enumeration.
    case enumeration
    /// Texts.
    case text
    /// Anything that is neither a number nor text.
    case other
  }

  let identifier: HDF5Identifier
  private let type: HDF5Identifier
  /// How other datasets are opened that this one is made of.
  let access: HDF5Access
  /// The lengths of the dimensions.
  let dimensions: [Int]
  /// Whether it has no extent at all, not even a single value.
  let isEmpty: Bool

  package var raw: Int64 { identifier.raw }

  /// Takes over an open dataset.
  init(_ identifier: consuming HDF5Identifier, _ access: HDF5Access) throws {
    let type = try HDF5Identifier(H5Dget_type(identifier.raw), closedBy: H5Tclose)
    let space = try HDF5Identifier(H5Dget_space(identifier.raw), closedBy: H5Sclose)
    let rank = H5Sget_simple_extent_ndims(space.raw)
    try HDF5.check(rank)
    var lengths = [hsize_t](repeating: 0, count: Int(rank))
    try HDF5.check(H5Sget_simple_extent_dims(space.raw, &lengths, nil))
    var dimensions: [Int] = []
    for length in lengths { dimensions.append(Int(clamping: length)) }
    self.dimensions = dimensions
    isEmpty = H5Sget_simple_extent_type(space.raw) == H5S_NULL
    self.identifier = identifier
    self.type = type
    self.access = access
  }

  /// What the elements are.
  var kind: Kind {
    switch H5Tget_class(type.raw) {
    case H5T_FLOAT: .floatingPoint
    case H5T_INTEGER:
      H5Tget_size(type.raw) == 1 && H5Tget_sign(type.raw) == H5T_SGN_NONE ? .byte : .integer
    case H5T_ENUM: .enumeration
    case H5T_STRING: .text
    default: .other
    }
  }

  /// The bytes of an element in the file.
  var elementBytes: Int { H5Tget_size(type.raw) }

  /// Whether 32-bit floating point holds every number that the elements can be.
  var fitsFloat: Bool {
    switch H5Tget_class(type.raw) {
    case H5T_FLOAT: elementBytes <= 4
    case H5T_INTEGER, H5T_ENUM: elementBytes <= 2
    default: false
    }
  }

  /// The type of the elements in NumPy's words: `float64`, `uint8`, `bool` for an enumeration.
  var typeName: String {
    let bits = elementBytes * 8
    return switch H5Tget_class(type.raw) {
    case H5T_FLOAT: "float\(bits)"
    case H5T_INTEGER: (H5Tget_sign(type.raw) == H5T_SGN_NONE ? "uint" : "int") + "\(bits)"
    case H5T_ENUM: "bool"
    case H5T_STRING: "text"
    default: "structured"
    }
  }

  /// The number of elements, or nil where it is beyond counting.
  var count: Int? {
    var count = 1
    for length in dimensions {
      let (product, overflow) = count.multipliedReportingOverflow(by: length)
      if overflow { return nil }
      count = product
    }
    return count
  }

  /// Reads all elements as 32-bit floating point, converted from any kind of number.
  func floats(_ count: Int) throws -> [Float] {
    try read(count, memoryType: CHDF5_native_float())
  }

  /// Reads all elements as 64-bit floating point, converted from any kind of number.
  func doubles(_ count: Int) throws -> [Double] {
    try read(count, memoryType: CHDF5_native_double())
  }

  /// Reads all elements as bytes.
  func bytes(_ count: Int) throws -> [UInt8] {
    try read(count, memoryType: CHDF5_native_uint8())
  }

  /// Reads all elements as texts.
  func texts(_ count: Int) throws -> [String] {
    let texts = try HDF5Text.read(type: type.raw, count: count) { memory, buffer in
      H5Dread(
        identifier.raw, memory, CHDF5_everything(), CHDF5_everything(), CHDF5_default(), buffer)
    }
    if let expected = try checksum() { try compareStored(with: expected) }
    return texts
  }

  /// The checksum of the elements' stored bytes; nil for elements that are references.
  func makeChecksum(of bytes: UnsafeRawBufferPointer) -> String? {
    HDF5Checksum.typeName(type.raw).map {
      HDF5Checksum.text(of: bytes, type: $0, shape: dimensions)
    }
  }

  /// Writes what is still to be written, and closes the dataset.
  consuming func close() throws {
    try identifier.closeNow()
  }

  /// Reads the elements as they are stored and compares their checksum.
  func compareStored(with expected: String) throws {
    guard let count, HDF5Checksum.typeName(type.raw) != nil else { return }
    var bytes = [UInt8](repeating: 0, count: count * H5Tget_size(type.raw))
    try bytes.withUnsafeMutableBytes { buffer in
      try HDF5.check(
        H5Dread(
          identifier.raw, type.raw, CHDF5_everything(), CHDF5_everything(), CHDF5_default(),
          buffer.baseAddress))
      try compare(UnsafeRawBufferPointer(buffer), with: expected)
    }
  }

  private func compare(_ bytes: UnsafeRawBufferPointer, with expected: String) throws {
    guard let actual = makeChecksum(of: bytes), actual != expected else { return }
    throw HDF5Failure(
      reason: "its numbers do not match their checksum"
        + "; whoever changed them on purpose removes attribute '\(HDF5Checksum.attribute)'")
  }

  private func read<T>(_ count: Int, memoryType: hid_t) throws -> [T] {
    try [T](unsafeUninitializedCapacity: count) { buffer, initialised in
      let status = H5Dread(
        identifier.raw, memoryType, CHDF5_everything(), CHDF5_everything(), CHDF5_default(),
        buffer.baseAddress)
      if status < 0 {
        let failure = HDF5Failure.latest
        throw try missingFilter().map { name in
          HDF5Failure(reason: "it is compressed with '\(name)', which this HDF5 lacks; use gzip")
        } ?? failure
      }
      initialised = count
      guard let expected = try checksum() else { return }
      if H5Tequal(memoryType, type.raw) > 0 {
        try compare(UnsafeRawBufferPointer(buffer), with: expected)
      } else {
        try compareStored(with: expected)
      }
    }
  }

  /// The name of a filter that the elements went through and this library does not have.
  private func missingFilter() throws(HDF5Failure) -> String? {
    let creation = try HDF5Identifier(H5Dget_create_plist(identifier.raw), closedBy: H5Pclose)
    for index in 0..<max(0, H5Pget_nfilters(creation.raw)) {
      var name = [CChar](repeating: 0, count: 64)
      var flags: UInt32 = 0
      var values = 0
      let filter = H5Pget_filter2(
        creation.raw, UInt32(index), &flags, &values, nil, name.count, &name, nil)
      try HDF5.check(filter)
      if H5Zfilter_avail(filter) <= 0 {
        return HDF5Text.text(name)
      }
    }
    return nil
  }
}
