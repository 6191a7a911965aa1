mod decoding;
mod golden;
mod hostile;
mod ropes;
mod soup;
