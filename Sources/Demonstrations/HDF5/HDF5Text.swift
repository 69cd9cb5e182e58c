import CHDF5

/// Texts of variable and of fixed length.
enum HDF5Text {
  /// The type of texts of variable length, as h5py writes them.
  static func variableType(set: H5T_cset_t) throws(HDF5Failure) -> HDF5Identifier {
    let type = try HDF5Identifier(H5Tcopy(CHDF5_c_string()), closedBy: H5Tclose)
    try HDF5.check(H5Tset_size(type.raw, CHDF5_variable_length()))
    try HDF5.check(H5Tset_cset(type.raw, set))
    return type
  }

  /// Hands over a type as long as the longest of some texts, and these texts in it, filled up with
  /// zeros; h5py reads them as bytes.
  static func fixed<R>(
    _ texts: [String], _ body: (_ type: hid_t, _ bytes: UnsafeRawBufferPointer) throws -> R
  ) throws -> R {
    let size = texts.reduce(1) { max($0, $1.utf8.count) }
    var bytes: [UInt8] = []
    bytes.reserveCapacity(size * texts.count)
    for text in texts {
      bytes += text.utf8
      bytes += repeatElement(0, count: size - text.utf8.count)
    }
    let type = try HDF5Identifier(H5Tcopy(CHDF5_c_string()), closedBy: H5Tclose)
    try HDF5.check(H5Tset_size(type.raw, size))
    try HDF5.check(H5Tset_strpad(type.raw, H5T_STR_NULLPAD))
    try HDF5.check(H5Tset_cset(type.raw, H5T_CSET_UTF8))
    return try bytes.withUnsafeBytes { try body(type.raw, $0) }
  }

  /// Reads `count` texts of a stored type with a call that fills a buffer of a memory type.
  static func read(
    type: hid_t, count: Int, _ body: (_ memory: hid_t, _ buffer: UnsafeMutableRawPointer?) -> herr_t
  ) throws(HDF5Failure) -> [String] {
    H5Tis_variable_str(type) > 0
      ? try readVariable(type: type, count: count, body)
      : try readFixed(type: type, count: count, body)
  }

  private static func readVariable(
    type: hid_t, count: Int, _ body: (hid_t, UnsafeMutableRawPointer?) -> herr_t
  ) throws(HDF5Failure) -> [String] {
    let memory = try variableType(set: H5Tget_cset(type))
    var pointers = [UnsafeMutablePointer<CChar>?](repeating: nil, count: count)
    let status = pointers.withUnsafeMutableBytes { body(memory.raw, $0.baseAddress) }
    try HDF5.check(status)
    return pointers.map { pointer in
      guard let pointer else { return "" }
      defer { H5free_memory(pointer) }
      return String(cString: pointer)
    }
  }

  private static func readFixed(
    type: hid_t, count: Int, _ body: (hid_t, UnsafeMutableRawPointer?) -> herr_t
  ) throws(HDF5Failure) -> [String] {
    let size = H5Tget_size(type)
    var bytes = [UInt8](repeating: 0, count: size * count)
    let status = bytes.withUnsafeMutableBytes { body(type, $0.baseAddress) }
    try HDF5.check(status)
    let spacePadded = H5Tget_strpad(type) == H5T_STR_SPACEPAD
    return (0..<count).map { index in
      var text = bytes[index * size..<(index + 1) * size].prefix { $0 != 0 }
      while spacePadded, text.last == UInt8(ascii: " ") { text.removeLast() }
      return String(decoding: text, as: UTF8.self)
    }
  }

  /// The text of characters that end with a zero.
  static func text(_ characters: [CChar]) -> String {
    String(decoding: characters.prefix { $0 != 0 }.map { UInt8(bitPattern: $0) }, as: UTF8.self)
  }
}
