// SPDX-License-Identifier: Apache-2.0
// SwiftPM wants a source file beside the headers of a C target.
