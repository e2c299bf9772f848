//! Journeys of users through the program.
