//! The features of dependencies that every selection of packages builds with, so that tests and programs
//! share what is compiled. No code: the manifest names them.
