"""What visitors do on our pages: public, anonymous until a form is sent."""
