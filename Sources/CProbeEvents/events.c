// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
// SwiftPM wants a source file beside the headers of a C target.
