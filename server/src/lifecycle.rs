//! Opening, closing, export, and what a start repairs.
